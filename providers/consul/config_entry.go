package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"gatehouse/providers/internal/serve"
)

// configEntryResource is one config entry of any kind, given as JSON.
type configEntryResource struct {
	client *consulClient
}

type configEntryModel struct {
	ID         types.String `tfsdk:"id"`
	Kind       types.String `tfsdk:"kind"`
	Name       types.String `tfsdk:"name"`
	Partition  types.String `tfsdk:"partition"`
	Namespace  types.String `tfsdk:"namespace"`
	ConfigJSON types.String `tfsdk:"config_json"`
}

func (m configEntryModel) place() place {
	return place{m.Kind.ValueString(), m.Name.ValueString(), m.Partition.ValueString(), m.Namespace.ValueString()}
}

func (*configEntryResource) Metadata(
	_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse,
) {
	resp.TypeName = "consul_config_entry"
}

func (*configEntryResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	required := func(description string) schema.StringAttribute {
		attribute := serve.Replaces(description)
		attribute.Optional, attribute.Required = false, true
		return attribute
	}
	resp.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Optional: true, Computed: true, Description: "<kind>-<name>.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"kind":        required("Kind, such as service-defaults."),
			"name":        required("Name of the entry."),
			"partition":   serve.Replaces("Admin partition (Consul Enterprise)."),
			"namespace":   serve.Replaces("Namespace (Consul Enterprise)."),
			"config_json": schema.StringAttribute{Optional: true, Description: "The rest of the entry, with Consul's CamelCase keys."},
		},
	}
}

func (r *configEntryResource) Configure(
	_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse,
) {
	r.client, _ = req.ProviderData.(*consulClient)
}

func (r *configEntryResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.Diagnostics.Append(r.apply(ctx, req.Plan, &resp.State)...)
}

func (r *configEntryResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.Diagnostics.Append(r.apply(ctx, req.Plan, &resp.State)...)
}

// Read keeps the text in the state as long as it means the same as Consul's entry, and else takes Consul's.
func (r *configEntryResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state configEntryModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	stored, err := r.read(ctx, state.place())
	if err != nil {
		resp.Diagnostics.AddError("Config entry "+state.place().String()+" was not read", err.Error())
		return
	}
	if stored == "" {
		resp.State.RemoveResource(ctx)
		return
	}
	if !same(state.place(), state.ConfigJSON.ValueString(), stored) {
		state.ConfigJSON = types.StringValue(stored)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *configEntryResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state configEntryModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	at := state.place()
	err := r.client.patience.try(ctx, "delete", func(ctx context.Context) error {
		options := (&api.WriteOptions{Partition: at.partition, Namespace: at.namespace}).WithContext(ctx)
		_, err := r.client.api.ConfigEntries().Delete(at.kind, at.name, options)
		return err
	})
	if err != nil {
		resp.Diagnostics.AddError("Config entry "+at.String()+" was not deleted", err.Error())
	}
}

// apply is the part that creation and change have in common.
func (r *configEntryResource) apply(ctx context.Context, plan tfsdk.Plan, state *tfsdk.State) diag.Diagnostics {
	var planned configEntryModel
	diags := plan.Get(ctx, &planned)
	if diags.HasError() {
		return diags
	}
	if err := r.write(ctx, &planned); err != nil {
		diags.AddError("Config entry "+planned.place().String()+" was not written", err.Error())
		return diags
	}
	return append(diags, state.Set(ctx, planned)...)
}

// write stores the entry and reads it back, since Consul answers a write before every server has it.
func (r *configEntryResource) write(ctx context.Context, planned *configEntryModel) error {
	at := planned.place()
	entry, err := decode(at, planned.ConfigJSON.ValueString())
	if err != nil {
		return err
	}
	err = r.client.patience.try(ctx, "write", func(ctx context.Context) error {
		options := (&api.WriteOptions{Partition: at.partition, Namespace: at.namespace}).WithContext(ctx)
		accepted, _, err := r.client.api.ConfigEntries().Set(entry, options)
		if err == nil && !accepted {
			return errors.New("Consul did not take the entry")
		}
		return err
	})
	if err != nil {
		return err
	}
	if planned.ID.IsUnknown() || planned.ID.IsNull() {
		planned.ID = types.StringValue(at.kind + "-" + at.name)
	}
	stored, err := r.read(ctx, at)
	if err == nil && stored == "" {
		err = errors.New("Consul took the entry but does not have it")
	}
	return err
}

// read returns the stored config_json, empty where there is no such entry.
func (r *configEntryResource) read(ctx context.Context, at place) (string, error) {
	var entry api.ConfigEntry
	err := r.client.patience.try(ctx, "read", func(ctx context.Context) error {
		options := (&api.QueryOptions{Partition: partitionOf(at), Namespace: at.namespace, RequireConsistent: true}).WithContext(ctx)
		found, _, err := r.client.api.ConfigEntries().Get(at.kind, at.name, options)
		entry = found
		return err
	})
	var status api.StatusError
	if errors.As(err, &status) && status.Code == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return encode(entry)
}
