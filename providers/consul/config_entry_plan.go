package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ValidateConfig refuses keys that the real provider would drop in silence, before anything is changed.
func (*configEntryResource) ValidateConfig(
	ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse,
) {
	var given configEntryModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &given)...)
	if resp.Diagnostics.HasError() || given.Kind.IsUnknown() || given.ConfigJSON.IsUnknown() {
		return
	}
	at := path.Root("config_json")
	unknown, err := unknownKeys(given.Kind.ValueString(), given.ConfigJSON.ValueString())
	if err != nil {
		resp.Diagnostics.AddAttributeError(at, "Config entry "+given.place().String()+" cannot be read", err.Error())
	}
	if len(unknown) > 0 {
		resp.Diagnostics.AddAttributeError(at, "Config entry "+given.place().String()+" has unknown keys",
			fmt.Sprintf("Consul's type for this kind has no field for: %s. Keys are CamelCase, such as MeshGateway.",
				strings.Join(unknown, ", ")))
	}
}

// ModifyPlan plans nothing for a text with the same meaning as the state.
func (*configEntryResource) ModifyPlan(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	if req.State.Raw.IsNull() || req.Plan.Raw.IsNull() {
		return // created or deleted: nothing to compare with
	}
	var planned, state configEntryModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || planned.ConfigJSON.IsUnknown() || planned.place() != state.place() {
		return
	}
	if same(planned.place(), state.ConfigJSON.ValueString(), planned.ConfigJSON.ValueString()) {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("config_json"), state.ConfigJSON)...)
	}
}

// ImportState takes <kind>/<name> or <partition>/<namespace>/<kind>/<name>.
func (*configEntryResource) ImportState(
	ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse,
) {
	parts := strings.Split(req.ID, "/")
	imported := configEntryModel{}
	switch len(parts) {
	case 2:
		imported.Kind, imported.Name = types.StringValue(parts[0]), types.StringValue(parts[1])
	case 4:
		imported.Partition, imported.Namespace = types.StringValue(parts[0]), types.StringValue(parts[1])
		imported.Kind, imported.Name = types.StringValue(parts[2]), types.StringValue(parts[3])
	default:
		resp.Diagnostics.AddError("Cannot import "+req.ID, "Write <kind>/<name> or <partition>/<namespace>/<kind>/<name>.")
		return
	}
	imported.ID = types.StringValue(imported.Kind.ValueString() + "-" + imported.Name.ValueString())
	resp.Diagnostics.Append(resp.State.Set(ctx, imported)...)
}

// partitionOf is the partition to ask in: an exported-services entry has the name of its partition.
func partitionOf(at place) string {
	if at.kind == "exported-services" && at.name != "default" {
		return at.name
	}
	return at.partition
}
