/** Everything that runs Terraform, and its states. */

export { claimFolder } from "./claim";
export { deploy, type InitializedStack } from "./deploy";
export { COMPLETE, runsElsewhere, synthIsComplete, terraformEnv } from "./env";
export { hasLocalState } from "./local-state";
export { resourcesOf } from "./mesh-state";
export { open, stacksIn } from "./open-state";
export { chooseProviders, type ProviderChoice } from "./provider-choice";
export { mend } from "./replace";
export { outputFolder, settleProviders } from "./settle";
export { emptied, moved } from "./state-content";
