/**
 * The lab's mesh with a queue worker, which has no port: it asks the backend for work through its sidecar and notes what it got. A
 * command before each release makes the folder for it. GATEHOUSE_MESH=meshes/examples/worker.ts npm run lab
 */
import { defineMesh } from "../../model";
import lab from "../lab";

/** Every node has perl. It ends when the queue does not answer, and systemd starts it again. */
const worker = `
  use IO::Socket::INET;
  while (1) {
    my $queue = IO::Socket::INET->new(PeerAddr => "127.0.0.1:5001", Timeout => 5) or die "the queue does not answer: $!";
    print $queue "GET / HTTP/1.1\\r\\nHost: backend\\r\\nConnection: close\\r\\n\\r\\n";
    my $answer = <$queue> || "nothing\\n";
    open my $done, ">>", "$ENV{STATE_DIRECTORY}/done/answers" or die $!;
    print $done "$ARGV[0] $answer"; close $done;
    sleep 1;
  }
`;

export default defineMesh({
  ...lab,
  services: {
    ...lab.services,
    worker: {
      runsOn: ["worker1"],
      run: {
        command: ["/usr/bin/perl", "-e", worker.replaceAll("\n", " ")],
        args: ["first"],
        before: [["/usr/bin/perl", "-e", 'mkdir "$ENV{STATE_DIRECTORY}/done"; print "made\\n"']],
        stateDirectory: true,
        purge: true,
      },
      health: { startTimeout: "4s" },
      upstreams: { backend: { localPort: 5001 } },
    },
  },
});
