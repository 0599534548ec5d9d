<?php
// A site with the example's route; argv: its folder, with app/ and routes/. Out: JSON with what a visitor is
// answered before and after signing in.

use Illuminate\Auth\GenericUser;
use Illuminate\Config\Repository;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Bootstrap\{BootProviders, RegisterFacades, RegisterProviders};
use Illuminate\Foundation\Exceptions\Handler;
use Illuminate\Foundation\Http\Kernel;
use Illuminate\Http\{Request, Response};
use Illuminate\Support\Facades\{Auth, Route};

require 'Illuminate/autoload.php';

class SiteKernel extends Kernel
{
    protected $bootstrappers = [RegisterFacades::class, RegisterProviders::class, BootProviders::class];
    protected $routeMiddleware = ['auth' => Illuminate\Auth\Middleware\Authenticate::class];
}

mkdir("$argv[1]/bootstrap/cache", 0777, true); // as in each of its sites
$app = new Application($argv[1]);
$app->instance('config', new Repository([
    'app' => ['debug' => false, 'aliases' => [], 'providers' => [
        Illuminate\Auth\AuthServiceProvider::class,
        Illuminate\Filesystem\FilesystemServiceProvider::class,
        Illuminate\View\ViewServiceProvider::class,
    ]],
    'auth' => ['defaults' => ['guard' => 'web'], 'guards' => ['web' => ['driver' => 'by-cookie']]],
    'services' => ['mayfly' => ['secret' => getenv('MAYFLY_SECRET'), 'host' => getenv('MAYFLY_HOST')]],
    'view' => ['paths' => [], 'compiled' => $argv[1]],
]));
$app->singleton(ExceptionHandler::class, Handler::class);
$kernel = new SiteKernel($app, $app['router']);
$kernel->bootstrap();
Auth::viaRequest('by-cookie', function (Request $request) {
    $id = $request->cookies->get('user');
    return $id === null ? null : new GenericUser(['id' => $id]);
});
Route::group([], base_path('routes/web.php'));

$visit = fn (array $cookies): object => $kernel->handle(
    Request::create('/credentials', 'GET', [], $cookies, [], ['HTTP_ACCEPT' => 'application/json']),
);
$before = $visit([]);
$after = $visit(['user' => '1']);
echo json_encode([
    'before' => $before->getStatusCode(),
    'after' => $after->getStatusCode(),
    'cached' => $after->headers->get('Cache-Control'),
    'minted' => json_decode($after->getContent()),
]);
