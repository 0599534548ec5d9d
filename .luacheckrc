-- What all Luas have that Prosody 0.12 and 13 run on.
std = "min"

files["prosody/mod_auth_mayfly"] = {
	globals = { "module" },
	read_globals = { "prosody" },
}
files["prosody/prosody.cfg.lua"] = {
	allow_defined_top = true,
	read_globals = { "VirtualHost" },
	ignore = { "131" }, -- what is set is for Prosody to read
}
