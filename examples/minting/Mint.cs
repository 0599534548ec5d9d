using System;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

/// <summary>What one key makes for XMPP (Username, Password), and for SIP and TURN (SipUsername, SipPassword).</summary>
public class Credential {
  public string Jid, Username, Password, SipUsername, SipPassword;
  public long Ttl, Expires;

  public static Credential Mint(string secret, string localpart, string host, long ttl, long now) {
    var prepared = localpart.Normalize(NormalizationForm.FormKC).ToLowerInvariant().Replace("ß", "ss").Replace("ς", "σ");
    if (localpart != prepared || !Regex.IsMatch(localpart, @"\A[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Z}\p{So}""&'/:<>@\\]+\z")) {
      throw new ArgumentException("not a localpart as servers compare them: lower case, no spaces, none of \\\"&'/:<>@");
    }
    var jid = localpart + "@" + host;
    var expires = now + ttl;
    var username = expires + ":" + jid;
    using (var hmac = new HMACSHA1(Encoding.UTF8.GetBytes(secret))) {
      var mac = Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes(username)));
      return new Credential {
        Jid = jid, Username = localpart, Password = expires + ":" + mac,
        SipUsername = username, SipPassword = mac, Ttl = ttl, Expires = expires,
      };
    }
  }
}
