-- Asks a program as Prosody's mod_auth_external does, with the pty library that it uses. Each line of
-- standard input is a question, with \n for a line break in it; the answer, or what is taken for it,
-- goes out in a line.
--     lua5.1 lpty.lua PROGRAM [early]        early: the first question is there before the program is, and echoed
local lpty = require "lpty"

local program, early = arg[1], arg[2] == "early"
local pty = lpty.new({ throw_errors = false, no_local_echo = true, use_path = false })

local function ask(question)
	local running = pty:hasproc()
	if not running and not early then pty:startproc(program) end
	pty:send(question)
	local answer = pty:read(5) or "nothing"
	if not running and early then pty:startproc(program) end
	return answer
end

io.stdout:setvbuf("line")
while true do
	local line, problem = io.read()
	if line then
		local answer = ask(line:gsub("\\n", "\n") .. "\n")
		io.write(answer:gsub("\r", "\\r"):gsub("\n", "\\n"), "\n")
	elseif not problem then -- none is the end, any other is the signal that the program has ended
		break
	end
end
pty:endproc(true)
