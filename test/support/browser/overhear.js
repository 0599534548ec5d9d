// Runs in a page before its own scripts: whatever it says, this is what it did.
const peers = [];
const tracks = [];
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);

navigator.mediaDevices.getUserMedia = async (constraints) => {
  const stream = await ask(constraints);
  tracks.push(...stream.getTracks());
  return stream;
};

globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration) {
    super(configuration);
    peers.push(this);
  }
};

globalThis.overheard = {
  isListening: () => tracks.some(({ readyState }) => readyState === "live"),
  count: () => ({ all: peers.length, open: open().length }),
  peers: () =>
    Promise.all(
      open()
        .filter((peer) => peer.getSenders().length > 0)
        .map(tell),
    ),
};

function open() {
  return peers.filter(({ signalingState }) => signalingState !== "closed");
}

async function tell(peer) {
  const reports = [...(await peer.getStats()).values()];
  const of = (type) => reports.filter((report) => report.type === type);
  const withId = (id) => reports.find((report) => report.id === id);
  const pair = withId(of("transport")[0]?.selectedCandidatePairId);
  const [out] = of("outbound-rtp");
  const [inward] = of("inbound-rtp");
  return {
    candidates: of("local-candidate").map(({ candidateType }) => candidateType),
    pair: [pair?.localCandidateId, pair?.remoteCandidateId].map((id) => withId(id)?.candidateType),
    sent: out?.bytesSent ?? 0,
    received: inward?.bytesReceived ?? 0,
    energy: inward?.totalAudioEnergy ?? 0,
  };
}
