import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.HexFormat;

class Drive {
  public static void main(String[] args) throws Exception {
    var out = new PrintStream(System.out, true, UTF_8);
    var lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line; (line = lines.readLine()) != null; ) {
      var words = line.split(" ");
      var texts = new String[3];
      for (int at = 0; at < 3; at++) texts[at] = new String(HexFormat.of().parseHex(words[at]), UTF_8);
      try {
        var it = Mint.mint(texts[0], texts[1], texts[2], Long.parseLong(words[3]), Long.parseLong(words[4]));
        out.print(String.join("\t", it.username(), it.password(), it.sipUsername(), it.sipPassword(), "" + it.expires(), it.jid()) + "\n");
      } catch (IllegalArgumentException refused) {
        out.print("refused\n");
      }
    }
  }
}
