import type { Credential } from "./credential.ts";

/** For a peer connection whose media goes through the relay, and in no other way. */
export function throughRelay({ uris, username, password }: Credential): RTCConfiguration {
  return {
    iceServers: [{ urls: uris, username, credential: password }],
    iceTransportPolicy: "relay",
  };
}

/**
 * Asks for a relay, and gives it back: its address.
 *
 * @throws Error with what the TURN server said.
 */
export function tryRelay(credential: Credential): Promise<string> {
  const peer = new RTCPeerConnection(throughRelay(credential));
  return new Promise((resolve, reject) => {
    let reason = "no relay answers";
    peer.onicecandidateerror = ({ errorCode, errorText }) => {
      if (errorCode < 700) reason = `${errorCode} ${errorText}`; // 701 is no answer
    };
    peer.onicecandidate = ({ candidate }) => {
      if (candidate?.type === "relay") resolve(`${candidate.address}:${candidate.port}`);
    };
    peer.onicegatheringstatechange = () => {
      if (peer.iceGatheringState !== "complete") return;
      peer.close(); // not sooner, or a relay that is on its way would not be given back
      reject(new Error(reason));
    };
    peer.createDataChannel(""); // or there is nothing to gather for
    peer.setLocalDescription().catch(reject);
  });
}
