import { news } from "../../lab/deploy";

describe("the lines of a deploy that a waiting person sees", () => {
  test.each([
    [
      "null_resource.instance_a_w1 (remote-exec): gatehouse: a serves (restarted: a.service)",
      "gatehouse: a serves (restarted: a.service)",
    ],
    ["null_resource.sweep_w1: Creation complete after 0s [id=1]", "null_resource.sweep_w1 created"],
    ["null_resource.sweep_w1: Destruction complete after 0s", "null_resource.sweep_w1 removed"],
    [
      "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.",
      "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.",
    ],
    ["│ Error: remote-exec provisioner error", "│ Error: remote-exec provisioner error"],
  ])("%s", (line, heard) => {
    expect(news(line)).toBe(heard);
  });

  test.each([
    "null_resource.sweep_w1 (remote-exec):   SSH Agent: false",
    "null_resource.sweep_w1: Creating...",
    "local_file.file_a: Creation complete after 0s [id=1]",
    "- Installing hashicorp/null v3.2.4...",
  ])("nothing of: %s", (line) => {
    expect(news(line)).toBeUndefined();
  });
});
