-- What all Luas have that Prosody 0.12 and 13 run on.
std = "min"

for _, folder in ipairs { "prosody/mod_auth_mayfly", "prosody/mod_mayfly_guests", "prosody/mod_mayfly_turn", "test/support/servers/prosody-modules" } do
	files[folder] = { globals = { "module" }, read_globals = { "prosody" } }
end
files["**/*.cfg.lua"] = {
	allow_defined_top = true,
	read_globals = { "VirtualHost" },
	ignore = { "131" }, -- what is set is for Prosody to read
}
