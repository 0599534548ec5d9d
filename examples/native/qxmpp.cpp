// The credential comes in XMPP_JID and XMPP_PASSWORD.
#include <QCoreApplication>
#include <QXmppClient.h>
#include <QSslCertificate>
#include <QXmppConfiguration.h>
#include <iostream>

int main(int argc, char *argv[]) {
  QCoreApplication app(argc, argv);
  QXmppClient client;
  QXmppConfiguration settings;
  settings.setJid(qEnvironmentVariable("XMPP_JID"));
  settings.setPassword(qEnvironmentVariable("XMPP_PASSWORD"));
  settings.setHost("chat.example.com");
  settings.setPort(5222);
  settings.setStreamSecurityMode(QXmppConfiguration::TLSRequired);
  settings.setCaCertificates(QSslCertificate::fromPath("/etc/ssl/certs/ca-certificates.crt"));
  settings.setSaslAuthMechanism("PLAIN"); // it would prefer SCRAM, and for that there is no password
  settings.setAutoReconnectionEnabled(false); // it would come again with the same password
  QObject::connect(&client, &QXmppClient::connected, [&] {
    std::cout << qPrintable(client.configuration().jidBare()) << std::endl;
    client.disconnectFromServer();
  });
  QObject::connect(&client, &QXmppClient::error, [&] (QXmppClient::Error error) {
    if (error == QXmppClient::XmppStreamError) std::cout << "refused" << std::endl;
    app.quit();
  });
  QObject::connect(&client, &QXmppClient::disconnected, &app, &QCoreApplication::quit);
  client.connectToServer(settings);
  return app.exec();
}
