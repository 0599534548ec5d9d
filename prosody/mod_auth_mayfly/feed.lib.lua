-- Follows what is revoked, over the program's socket: asks again and again for what is new, on a connection of
-- its own, and has the sessions ended that it is about.
--
-- Nothing is lost while the connection is: the next one goes on behind the last event that was applied.

local server = require "net.server";
local new_socket = require "socket.unix".stream;
local json = require "util.json";
local get_hostname = require "socket".dns.gethostname;
local frame = module:require "frame";

local host = module.host;
local name = module:get_option_string("mayfly_server", get_hostname());

-- In seconds.
local first_delay, longest_delay = 0.1, 1; -- between attempts to connect
local answer_timeout = 15; -- an answer takes 8 where there is nothing new
local unknown_delay, refused_delay = 1, 60;
local report_time = 60; -- who revokes does not wait longer for what was done

local max_sessions, max_sessions_bytes = 200, 45000;
local refused, done, unknown = 0, 1, 4;

--- Begins to follow.
-- @param path of the socket
-- @param sessions ends them and knows them, as sessions.lib.lua does
-- @param on_revoked is told of each revocation before sessions are ended
return function (path, sessions, on_revoked)
	local feed = {};
	local conn, buffer, pending = nil, "", {};
	local cursor, delay, timer = "", first_delay, nil;
	local is_followed, has_warned, is_stopped = false, false, false;
	local follow, connect;

	local function stop_timer()
		if timer then timer:stop(); end
		timer = nil;
	end

	local function start_timer(seconds, callback)
		stop_timer();
		timer = module:add_timer(seconds, function () timer = nil; callback(); end);
	end

	--- Connects anew, after a pause.
	local function reconnect()
		local old = conn;
		conn, buffer, pending = nil, "", {};
		if old then old:close(); end
		if is_stopped then return; end
		start_timer(delay, connect);
		delay = math.min(delay * 2, longest_delay);
	end

	local function ask(operation, text)
		local bytes = frame.encode(operation .. ":" .. text);
		if not bytes or not conn then return; end
		table.insert(pending, operation);
		conn:write(bytes);
	end

	local function report(event, result)
		if event.at < os.time() - report_time then return; end
		result.server, result.hosts, result.id = name, { host }, event.id;
		local list = result.sessions;
		result.sessions = nil;
		local text = json.encode(result);
		-- An empty table would be an object.
		if list then text = text:gsub("}$", function () return ',"sessions":[' .. table.concat(list, ",") .. "]}"; end); end
		ask("report", text);
	end

	local function describe(event)
		local found, list, bytes = sessions.find(event), {}, 0;
		for _, session in ipairs(found) do
			local text = json.encode(sessions.describe(session));
			bytes = bytes + #text + 1;
			if #list == max_sessions or bytes > max_sessions_bytes then break; end
			table.insert(list, text);
		end
		return { total = #found, sessions = list };
	end

	local function apply(event, is_replayed)
		if event.type == "sessions" then return report(event, describe(event)); end
		if event.type ~= "user" and event.type ~= "credential" then return; end
		-- Of a replay it is not known when it was heard of first.
		event.heard = is_replayed and event.at or os.time();
		on_revoked(event); -- first: a client that is out would be in again
		report(event, { ended = sessions.revoke(event) });
	end

	--- An event that cannot be applied is left out: the others count all the same.
	local function apply_all(events)
		local is_replayed = cursor == "";
		for _, event in ipairs(events) do
			local ok, why = pcall(apply, event, is_replayed);
			if not ok then module:log("error", "An event of the program could not be applied: %s", why); end
		end
	end

	local function handle_answer(code, text)
		if code == done then
			local answer = json.decode(text);
			if type(answer) ~= "table" or type(answer.cursor) ~= "string" then return reconnect(); end
			is_followed, has_warned, delay = true, false, first_delay;
			apply_all(answer.events or {});
			cursor = answer.cursor;
			return follow();
		elseif code == unknown then
			return start_timer(unknown_delay, follow);
		elseif code == refused then
			is_followed = false;
			if not has_warned then
				module:log("warn", "Sessions do not end when their credential is revoked, because the program does not tell "
					.. "what is: add \"feed: { sockets: [%s] }\" to its mayfly.yml", path);
			end
			has_warned = true;
			return start_timer(refused_delay, follow);
		end
		reconnect();
	end

	local function received(data)
		buffer = buffer .. data;
		while true do
			local code, text, length = frame.decode(buffer);
			if code == nil then return; end
			local operation = code and table.remove(pending, 1);
			if not operation then return reconnect(); end -- it is no reply, or was not asked for
			buffer = buffer:sub(length + 1);
			if operation == "follow" then
				stop_timer();
				handle_answer(code, text);
			end
		end
	end

	function follow()
		if not conn then return; end
		start_timer(answer_timeout, reconnect);
		ask("follow", json.encode({ server = name, hosts = { host }, cursor = cursor, open = sessions.count() }));
	end

	--- Whether this socket can be reached is told by the pool of connections for logins.
	function connect()
		if is_stopped then return; end
		local socket = new_socket();
		socket:settimeout(0);
		if not socket:connect(path) then
			socket:close();
			return reconnect();
		end
		local this;
		this = server.wrapclient(socket, path, 0, {
			onconnect = function () follow(); end;
			onincoming = function (_, data) if this == conn then received(data); end end;
			ondisconnect = function () if this == conn then reconnect(); end end;
			onreadtimeout = function () return true; end; -- idle is well
		}, "*a");
		conn = this;
		if not conn then
			socket:close();
			return reconnect();
		end
		start_timer(answer_timeout, reconnect);
	end

	--- Whether the program lets this host follow: then it also knows "login".
	function feed.is_followed()
		return is_followed;
	end

	function feed.stop()
		is_stopped = true;
		stop_timer();
		reconnect();
	end

	connect();
	return feed;
end
