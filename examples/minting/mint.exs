defmodule Mint do
  def mint(secret, localpart, host, ttl, now) do
    nfkc = &String.normalize(&1, :nfkc)
    prepared = localpart |> nfkc.() |> String.downcase() |> String.replace("ß", "ss") |> String.replace("ς", "σ") |> nfkc.()

    if localpart != prepared or not Regex.match?(~r/\A[^\p{C}\p{Z}\p{So}"&'\/:<>@\\]+\z/u, localpart) do
      raise ArgumentError, ~S(not a localpart as servers compare them: lower case, no spaces, none of \"&'/:<>@)
    end

    {jid, expires} = {"#{localpart}@#{host}", now + ttl}
    username = "#{expires}:#{jid}"
    mac = Base.encode64(:crypto.mac(:hmac, :sha, secret, username))
    sip_and_turn = %{username: username, password: mac}
    xmpp = %{jid: jid, username: localpart, password: "#{expires}:#{mac}"}
    Map.merge(xmpp, %{ttl: ttl, expires: expires, sip: sip_and_turn, turn: sip_and_turn})
  end
end
