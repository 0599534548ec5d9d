<?php
// routes/web.php; config/services.php has 'mayfly' => ['secret' => env('MAYFLY_SECRET'), 'host' => env('MAYFLY_HOST')].
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Route;

require_once base_path('app/mint.php');

Route::get('/credentials', function (Request $request) {
    ['secret' => $secret, 'host' => $host] = config('services.mayfly');
    $localpart = "user-{$request->user()->id}";
    return response()->json(mint($secret, $localpart, $host, 600, time()))->header('Cache-Control', 'no-store');
})->middleware('auth');
