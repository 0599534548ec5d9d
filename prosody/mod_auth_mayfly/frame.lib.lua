-- The frames of the extauth protocol: a 16-bit length, big-endian, and as many bytes.

local function pack16(number)
	return string.char(math.floor(number / 256), number % 256);
end

local function unpack16(bytes, at)
	local high, low = bytes:byte(at, at + 1);
	return high * 256 + low;
end

local longest = 65535;

--- The bytes to send for a request, or nil when it is too long for a frame.
local function encode(payload)
	if #payload > longest then return nil; end
	return pack16(#payload) .. payload;
end

--- Reads the reply at the start of a buffer: its code, its text, and how many bytes it takes;
-- nothing when it is not all there yet, and false when it cannot be a reply.
local function decode(buffer)
	if #buffer < 2 then return nil; end
	local length = unpack16(buffer, 1);
	if length < 2 then return false; end
	if #buffer < 2 + length then return nil; end
	return unpack16(buffer, 3), buffer:sub(5, 2 + length), 2 + length;
end

return { encode = encode, decode = decode };
