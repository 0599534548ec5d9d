-- Many sessions of as many users, which mod_auth_mayfly knows and nobody has opened: to measure with.

local count = module:get_option_number("synthetic_sessions", 1);

module:add_timer(0.5, function ()
	for number = 1, count do
		local user = "user-" .. number;
		local session = {
			username = user; host = module.host; resource = "r"; full_jid = user .. "@" .. module.host .. "/r"; type = "c2s";
			sasl_handler = {
				selected = "PLAIN";
				mayfly_facts = { expires = os.time() + 3600; credential = "mac:" .. number };
			};
			log = function () end;
		};
		function session.close(self) self.destroyed = true; end
		module:fire_event("resource-bind", { session = session });
	end
	module:log("info", "%d sessions are there", count);
end);
