%%% When its ejabberd stops, writes a boot script for the next ones, which then start in a third of the time:
%%% what this one has loaded is loaded at once, from where it is, and not module by module when it
%%% is first called, after a search of all folders and with an exchange of all code for each.
-module(mod_boot_script).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_opt_type/1, mod_doc/0]).

start(_Host, _Options) -> ok.
reload(_Host, _New, _Old) -> ok.
depends(_Host, _Options) -> [].
mod_options(_Host) -> [{file, <<>>}].
mod_opt_type(file) -> econf:binary().
mod_doc() -> #{desc => <<"A boot script of what is loaded.">>}.

stop(Host) ->
    File = gen_mod:get_module_opt(Host, ?MODULE, file),
    {ok, Clean} = file:read_file(filename:join([code:root_dir(), "bin", "start_clean.boot"])),
    {script, Name, Commands} = binary_to_term(Clean),
    %% Until `kernel_load_completed`, modules are loaded in any mode.
    {First, Others} = split({kernel_load_completed}, Commands),
    {Kernel, Last} = split({progress, applications_loaded}, Others),
    Script = First ++ modules(First) ++ [unchecked(Command) || Command <- Kernel] ++ applications() ++ Last,
    ok = file:write_file(File, term_to_binary({script, Name, Script})).

split(Command, Commands) ->
    lists:splitwith(fun(Each) -> Each =/= Command end, Commands).

%% What is loaded from Debian's packages, by folder.
modules(First) ->
    Before = lists:append([Modules || {primLoad, Modules} <- First]),
    Found = [
        {filename:dirname(File), Module}
     || {Module, "/usr/" ++ _ = File} <- code:all_loaded(),
        not lists:member(Module, Before),
        not runs_when_loaded(Module, File)
    ],
    Folders = lists:usort([Folder || {Folder, _} <- Found]),
    lists:append([
        [{path, [Folder]}, {primLoad, [Module || {In, Module} <- Found, In =:= Folder]}]
     || Folder <- Folders
    ]).

%% Too early for what loads a library in C.
runs_when_loaded(Module, File) ->
    {ok, Code} = file:read_file(File),
    erlang:has_prepared_code_on_load(erlang:prepare_loading(Module, Code)).

%% Those of the boot script that we start from are loaded by it.
applications() ->
    Loaded = [Name || {Name, _, _} <- application:loaded_applications()],
    [
        unchecked({apply, {application, load, [description(Name)]}})
     || Name <- Loaded -- [kernel, stdlib]
    ].

description(Name) ->
    {ok, [Description]} = file:consult(code:where_is_file(atom_to_list(Name) ++ ".app")),
    Description.

%% An application that names no modules: for each, ejabberd would look whether its file is there.
unchecked({kernelProcess, Name, {Name, start, [Application]}}) ->
    {kernelProcess, Name, {Name, start, [without_modules(Application)]}};
unchecked({apply, {application, load, [Application]}}) ->
    {apply, {application, load, [without_modules(Application)]}};
unchecked(Command) ->
    Command.

%% Its own modules ejabberd looks up there.
without_modules({application, ejabberd, _} = Application) -> Application;
without_modules({application, Name, Values}) -> {application, Name, lists:keystore(modules, 1, Values, {modules, []})};
without_modules(Other) -> Other.
