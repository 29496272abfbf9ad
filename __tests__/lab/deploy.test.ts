import { news } from "../../lab/deploy";

describe("what a waiting person hears of cdktf", () => {
  test.each([
    [
      "mesh  null_resource.instance_a_w1 (instance_a_w1) (remote-exec): gatehouse: a serves (restarted: a.service)",
      "gatehouse: a serves (restarted: a.service)",
    ],
    [
      "mesh  null_resource.sweep_w1 (sweep_w1): Creation complete after 0s [id=1]",
      "mesh null_resource.sweep_w1 created",
    ],
    ["      null_resource.sweep_w1 (sweep_w1): Destruction complete after 0s", "null_resource.sweep_w1 removed"],
    [
      "mesh  Apply complete! Resources: 1 added, 0 changed, 0 destroyed.",
      "mesh  Apply complete! Resources: 1 added, 0 changed, 0 destroyed.",
    ],
    ["mesh  │ Error: remote-exec provisioner error", "mesh  │ Error: remote-exec provisioner error"],
  ])("%s", (line, heard) => {
    expect(news(line)).toBe(heard);
  });

  test.each([
    "mesh  null_resource.sweep_w1 (sweep_w1) (remote-exec):   SSH Agent: false",
    "mesh  null_resource.sweep_w1 (sweep_w1): Creating...",
    "mesh  local_file.file_a (file_a): Creation complete after 0s [id=1]",
    "mesh  - Installing hashicorp/null v3.2.4...",
  ])("nothing of: %s", (line) => {
    expect(news(line)).toBeUndefined();
  });
});
