package main

import (
	"context"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// tokenResource is an ACL token without its secret, which stays out of the state.
type tokenResource struct {
	client *consulClient
}

func (*tokenResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "consul_acl_token"
}

func (r *tokenResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.client, _ = req.ProviderData.(*consulClient)
}

func (r *tokenResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned tokenModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.client.patience.try(ctx, "create", func(ctx context.Context) error {
		made, _, err := r.client.api.ACL().TokenCreate(planned.token(), writeIn(ctx, planned.Namespace, planned.Partition))
		if err == nil {
			planned.ID, planned.AccessorID = types.StringValue(made.AccessorID), types.StringValue(made.AccessorID)
		}
		return err
	})
	if err != nil {
		resp.Diagnostics.AddError("ACL token "+planned.name()+" was not created", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
}

func (r *tokenResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state tokenModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	found, err := readToken(ctx, r.client, state.ID, state.Namespace, state.Partition)
	if isGone(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.AddError("ACL token "+state.ID.ValueString()+" was not read", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, modelOf(found, state.ExpirationTime))...)
}

func (r *tokenResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned tokenModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.client.patience.try(ctx, "update", func(ctx context.Context) error {
		_, _, err := r.client.api.ACL().TokenUpdate(planned.token(), writeIn(ctx, planned.Namespace, planned.Partition))
		return err
	})
	if err != nil {
		resp.Diagnostics.AddError("ACL token "+planned.name()+" was not updated", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
}

func (r *tokenResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state tokenModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.client.patience.try(ctx, "delete", func(ctx context.Context) error {
		_, err := r.client.api.ACL().TokenDelete(state.ID.ValueString(), writeIn(ctx, state.Namespace, state.Partition))
		return err
	})
	if err != nil {
		resp.Diagnostics.AddError("ACL token "+state.name()+" was not deleted", err.Error())
	}
}

// ImportState takes the accessor id.
func (*tokenResource) ImportState(
	ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse,
) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
}

func readToken(ctx context.Context, client *consulClient, id, namespace, partition types.String) (*api.ACLToken, error) {
	var found *api.ACLToken
	err := client.patience.try(ctx, "read", func(ctx context.Context) (err error) {
		found, _, err = client.api.ACL().TokenRead(id.ValueString(), readIn(ctx, namespace, partition))
		return err
	})
	return found, err
}
