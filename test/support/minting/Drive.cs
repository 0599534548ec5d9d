using System;
using System.IO;
using System.Linq;
using System.Text;

class Drive {
  static void Main() {
    var utf8 = new UTF8Encoding(false);
    var lines = new StreamReader(Console.OpenStandardInput(), utf8);
    var output = new StreamWriter(Console.OpenStandardOutput(), utf8) { NewLine = "\n" };
    for (string line; (line = lines.ReadLine()) != null; ) {
      var words = line.Split(' ');
      try {
        var it = Credential.Mint(Text(words[0]), Text(words[1]), Text(words[2]), long.Parse(words[3]), long.Parse(words[4]));
        output.WriteLine(string.Join("\t", it.Username, it.Password, it.SipUsername, it.SipPassword, it.Expires, it.Jid));
      } catch (ArgumentException) {
        output.WriteLine("refused");
      }
    }
    output.Flush();
  }

  static string Text(string hex) {
    return Encoding.UTF8.GetString(Enumerable.Range(0, hex.Length / 2).Select(at => Convert.ToByte(hex.Substring(2 * at, 2), 16)).ToArray());
  }
}
