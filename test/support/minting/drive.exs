for line <- IO.stream(:stdio, :line) do
  [secret, localpart, host, ttl, now] = line |> String.trim_trailing("\n") |> String.split(" ")
  text = &Base.decode16!(&1, case: :lower)

  try do
    made = Mint.mint(text.(secret), text.(localpart), text.(host), String.to_integer(ttl), String.to_integer(now))
    said = [made.username, made.password, made.sip.username, made.turn.password]
    IO.puts(Enum.join(said ++ [made.expires, made.jid], "\t"))
  rescue
    ArgumentError -> IO.puts("refused")
  end
end
