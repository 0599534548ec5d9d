require "openssl"

def mint(secret, localpart, host, ttl, now)
  prepared = localpart.unicode_normalize(:nfkc).downcase(:fold).unicode_normalize(:nfkc)
  if localpart != prepared || localpart !~ /\A[^\p{C}\p{Z}\p{So}"&'\/:<>@\\]+\z/
    raise ArgumentError, %q(not a localpart as servers compare them: lower case, no spaces, none of \"&'/:<>@)
  end
  jid, expires = "#{localpart}@#{host}", now + ttl
  username = "#{expires}:#{jid}"
  mac = [OpenSSL::HMAC.digest("SHA1", secret, username)].pack("m0")
  sip_and_turn = { username: username, password: mac }
  xmpp = { jid: jid, username: localpart, password: "#{expires}:#{mac}" }
  { **xmpp, ttl: ttl, expires: expires, sip: sip_and_turn, turn: sip_and_turn }
end
