// c++ gloox.cpp -lgloox; the credential comes in XMPP_JID and XMPP_PASSWORD.
#include <cstdlib>
#include <gloox/client.h>
#include <gloox/connectionlistener.h>
#include <iostream>

class Login : public gloox::ConnectionListener {
public:
  explicit Login(gloox::Client &client) : client(client) {}
  void onConnect() override {
    std::cout << client.jid().bare() << std::endl;
    client.disconnect();
  }
  void onDisconnect(gloox::ConnectionError error) override {
    if (error == gloox::ConnAuthenticationFailed) std::cout << "refused" << std::endl;
  }
  // gloox leaves it to you whether a certificate is good.
  bool onTLSConnect(const gloox::CertInfo &info) override { return info.status == gloox::CertOk; }

private:
  gloox::Client &client;
};

int main() {
  gloox::Client client(gloox::JID(std::getenv("XMPP_JID")), std::getenv("XMPP_PASSWORD"));
  Login login(client);
  client.registerConnectionListener(&login);
  client.setServer("chat.example.com");
  client.setPort(5222);
  client.setTls(gloox::TLSRequired);
  client.setSASLMechanisms(gloox::SaslMechPlain); // it would prefer SCRAM, and for that there is no password
  client.connect();
}
