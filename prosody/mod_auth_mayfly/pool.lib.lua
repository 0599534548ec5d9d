-- Connections to the program's socket. Each has at most one request under way, so that a slow answer
-- holds up nobody else, and no answer can be taken for that to another request: bytes that nobody
-- asked for, and an answer that comes too late, cost the connection.

local server = require "net.server";
local new_socket = require "socket.unix".stream;
local frame = module:require "frame";

local first_delay, longest_delay = 0.1, 1; -- between attempts to connect, in seconds

--- A pool of connections.
-- @param path of the socket
-- @param size how many connections there may be
-- @param timeout how long a request may take, in seconds, with the time that it waits for a connection
return function (path, size, timeout)
	local pool = {};
	local connections, count = {}, 0;
	local queue = {};
	local delay, retry = first_delay, nil;
	local is_down, is_stopped = false, false;
	local proceed;

	--- Ends a request, once.
	local function settle(request, ...)
		local callback = request.callback;
		if not callback then return; end
		request.callback = nil;
		request.timer:stop();
		callback(...);
	end

	local function schedule_retry()
		if retry or is_stopped then return; end
		retry = module:add_timer(delay, function () retry = nil; proceed(); end);
		delay = math.min(delay * 2, longest_delay);
	end

	local function announce_down(why)
		if is_down then return; end
		is_down = true;
		module:log("error", "Cannot reach the program at %s: %s. Is \"mayfly serve --extauth unix:%s\" running, "
			.. "and may Prosody's user write to the socket? Trying again, and logins wait", path, why, path);
	end

	--- Takes a connection out of the pool; its request fails.
	local function drop(connection)
		if not connections[connection] then return; end
		connections[connection] = nil;
		count = count - 1;
		schedule_retry();
		if connection.request then settle(connection.request, nil, "the connection to the program was lost"); end
	end

	local function close(connection, why)
		module:log("warn", "Closing a connection to the program: %s", why);
		drop(connection);
		connection.conn:close();
	end

	local function received(connection, data)
		local request = connection.request;
		if not request then return close(connection, "it sent what nobody asked for"); end
		connection.buffer = connection.buffer .. data;
		local code, text, length = frame.decode(connection.buffer);
		if code == nil then return; end
		if not code or length < #connection.buffer then return close(connection, "it sent what is not a reply"); end
		connection.request, connection.buffer = nil, "";
		delay = first_delay;
		proceed();
		settle(request, code, text);
	end

	local function open()
		local socket = new_socket();
		socket:settimeout(0);
		local ok, err = socket:connect(path);
		if not ok then
			socket:close();
			announce_down(err);
			return schedule_retry();
		end
		local connection = { buffer = "" };
		connections[connection] = true;
		count = count + 1;
		connection.conn = server.wrapclient(socket, path, 0, {
			onconnect = function ()
				connection.is_ready = true;
				if is_down then module:log("info", "The program at %s can be reached again", path); end
				is_down = false;
				proceed();
			end;
			onincoming = function (_, data) received(connection, data); end;
			ondisconnect = function (_, why)
				if not connection.request and connections[connection] then announce_down(why or "it hung up"); end
				drop(connection);
			end;
			onreadtimeout = function () return true; end; -- idle is well
		}, "*a");
		if not connection.conn then
			socket:close();
			drop(connection);
		end
	end

	local function idle()
		for connection in pairs(connections) do
			if connection.is_ready and not connection.request then return connection; end
		end
	end

	local function connecting()
		local number = 0;
		for connection in pairs(connections) do
			if not connection.is_ready then number = number + 1; end
		end
		return number;
	end

	--- Hands requests to idle connections, and opens as many as are wanted, at least one.
	function proceed()
		if is_stopped then return; end
		while queue[1] do
			local connection = idle();
			if not connection then break; end
			local request = table.remove(queue, 1);
			connection.request, request.connection = request, connection;
			connection.conn:write(request.bytes);
		end
		while not retry and count < size and (count == 0 or connecting() < #queue) do open(); end
	end

	local function give_up(request)
		if request.connection then
			return close(request.connection, "it did not answer within " .. timeout .. " seconds");
		end
		for position, waiting in ipairs(queue) do
			if waiting == request then
				table.remove(queue, position);
				break;
			end
		end
		settle(request, nil, "the program cannot be reached");
	end

	--- Asks the program; the callback gets the reply's code and text, or nil and why there is none.
	function pool.ask(payload, callback)
		local bytes = frame.encode(payload);
		if not bytes then return callback(nil, "the request is too long"); end
		if is_stopped then return callback(nil, "the module was unloaded"); end
		local request = { bytes = bytes, callback = callback };
		request.timer = module:add_timer(timeout, function () give_up(request); end);
		table.insert(queue, request);
		proceed();
	end

	--- Closes all connections; what is under way fails.
	function pool.stop()
		is_stopped = true;
		if retry then retry:stop(); end
		for connection in pairs(connections) do
			drop(connection);
			connection.conn:close();
		end
		while queue[1] do settle(table.remove(queue, 1), nil, "the module was unloaded"); end
	end

	proceed();
	return pool;
end
