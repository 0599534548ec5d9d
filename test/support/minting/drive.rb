Encoding.default_external = Encoding::UTF_8
$stdin.each_line do |line|
  *texts, ttl, now = line.split
  secret, localpart, host = texts.map { |it| [it].pack("H*").force_encoding("UTF-8") }
  begin
    made = mint(secret, localpart, host, ttl.to_i, now.to_i)
    puts [made[:username], made[:password], made[:sip][:username], made[:turn][:password], made[:expires], made[:jid]].join("\t")
  rescue ArgumentError
    puts "refused"
  end
end
