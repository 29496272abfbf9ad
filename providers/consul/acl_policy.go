package main

import (
	"context"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"gatehouse/providers/internal/serve"
)

// policyResource is a named set of ACL rules.
type policyResource struct {
	client *consulClient
}

type policyModel struct {
	ID          types.String `tfsdk:"id"`
	Name        types.String `tfsdk:"name"`
	Description types.String `tfsdk:"description"`
	Rules       types.String `tfsdk:"rules"`
	Datacenters types.Set    `tfsdk:"datacenters"`
	Namespace   types.String `tfsdk:"namespace"`
	Partition   types.String `tfsdk:"partition"`
}

func (*policyResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "consul_acl_policy"
}

func (*policyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"id":          serve.ID("Consul's id of the policy."),
			"name":        required("Name, unique in the datacenter."),
			"description": text("What the policy is for."),
			"rules":       required("Rules in Consul's ACL language."),
			"datacenters": textSet("Where the policy holds; everywhere when empty."),
			"namespace":   replacing("Namespace (Consul Enterprise)."),
			"partition":   replacing("Admin partition (Consul Enterprise)."),
		},
	}
}

func (r *policyResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.client, _ = req.ProviderData.(*consulClient)
}

func (r *policyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned policyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.client.patience.try(ctx, "create", func(ctx context.Context) error {
		made, _, err := r.client.api.ACL().PolicyCreate(planned.policy(), writeIn(ctx, planned.Namespace, planned.Partition))
		if err == nil {
			planned.ID = types.StringValue(made.ID)
		}
		return err
	})
	if err != nil {
		resp.Diagnostics.AddError("ACL policy "+planned.Name.ValueString()+" was not created", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
}

func (r *policyResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state policyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var found *api.ACLPolicy
	err := r.client.patience.try(ctx, "read", func(ctx context.Context) (err error) {
		found, _, err = r.client.api.ACL().PolicyRead(state.ID.ValueString(), readIn(ctx, state.Namespace, state.Partition))
		return err
	})
	if isGone(err) || err == nil && found == nil {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.AddError("ACL policy "+state.ID.ValueString()+" was not read", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, policyModel{
		ID: types.StringValue(found.ID), Name: types.StringValue(found.Name),
		Description: types.StringValue(found.Description), Rules: types.StringValue(found.Rules),
		Datacenters: setOf(found.Datacenters), Namespace: outOf(found.Namespace), Partition: outOf(found.Partition),
	})...)
}

func (r *policyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned policyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.client.patience.try(ctx, "update", func(ctx context.Context) error {
		_, _, err := r.client.api.ACL().PolicyUpdate(planned.policy(), writeIn(ctx, planned.Namespace, planned.Partition))
		return err
	})
	if err != nil {
		resp.Diagnostics.AddError("ACL policy "+planned.Name.ValueString()+" was not updated", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
}

func (r *policyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state policyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.client.patience.try(ctx, "delete", func(ctx context.Context) error {
		_, err := r.client.api.ACL().PolicyDelete(state.ID.ValueString(), writeIn(ctx, state.Namespace, state.Partition))
		return err
	})
	if err != nil {
		resp.Diagnostics.AddError("ACL policy "+state.Name.ValueString()+" was not deleted", err.Error())
	}
}

// ImportState takes Consul's id of the policy.
func (*policyResource) ImportState(
	ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse,
) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
}

func (m policyModel) policy() *api.ACLPolicy {
	return &api.ACLPolicy{
		ID: m.ID.ValueString(), Name: m.Name.ValueString(), Description: m.Description.ValueString(),
		Rules: m.Rules.ValueString(), Datacenters: texts(m.Datacenters.Elements()),
	}
}

func readIn(ctx context.Context, namespace, partition types.String) *api.QueryOptions {
	options := &api.QueryOptions{
		Namespace: namespace.ValueString(), Partition: partition.ValueString(), RequireConsistent: true,
	}
	return options.WithContext(ctx)
}

func writeIn(ctx context.Context, namespace, partition types.String) *api.WriteOptions {
	options := &api.WriteOptions{Namespace: namespace.ValueString(), Partition: partition.ValueString()}
	return options.WithContext(ctx)
}
