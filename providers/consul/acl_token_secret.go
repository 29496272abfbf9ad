package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// tokenSecretSource is the secret of one token. Terraform keeps what it reads in its state.
type tokenSecretSource struct {
	client *consulClient
}

type tokenSecretModel struct {
	ID                types.String `tfsdk:"id"`
	AccessorID        types.String `tfsdk:"accessor_id"`
	Namespace         types.String `tfsdk:"namespace"`
	Partition         types.String `tfsdk:"partition"`
	PGPKey            types.String `tfsdk:"pgp_key"`
	SecretID          types.String `tfsdk:"secret_id"`
	EncryptedSecretID types.String `tfsdk:"encrypted_secret_id"`
}

func (*tokenSecretSource) Metadata(
	_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse,
) {
	resp.TypeName = "consul_acl_token_secret_id"
}

func (*tokenSecretSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"id":                  schema.StringAttribute{Computed: true, Description: "The accessor id."},
			"accessor_id":         schema.StringAttribute{Required: true, Description: "Accessor id of the token."},
			"namespace":           schema.StringAttribute{Optional: true, Description: "Namespace (Consul Enterprise)."},
			"partition":           schema.StringAttribute{Optional: true, Description: "Admin partition (Consul Enterprise)."},
			"pgp_key":             schema.StringAttribute{Optional: true, Description: "Known, but only the real provider encrypts."},
			"secret_id":           schema.StringAttribute{Computed: true, Sensitive: true, Description: "The secret itself."},
			"encrypted_secret_id": schema.StringAttribute{Computed: true, Sensitive: true, Description: "Empty."},
		},
	}
}

func (s *tokenSecretSource) Configure(
	_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse,
) {
	s.client, _ = req.ProviderData.(*consulClient)
}

func (s *tokenSecretSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var wanted tokenSecretModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &wanted)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if wanted.PGPKey.ValueString() != "" {
		resp.Diagnostics.AddError("pgp_key needs the real provider", "This stand-in does not encrypt. See GATEHOUSE_PROVIDER_MIRROR.")
		return
	}
	token, err := readToken(ctx, s.client, wanted.AccessorID, wanted.Namespace, wanted.Partition)
	if err != nil {
		resp.Diagnostics.AddError("The secret of ACL token "+wanted.AccessorID.ValueString()+" was not read", err.Error())
		return
	}
	wanted.ID, wanted.SecretID = wanted.AccessorID, types.StringValue(token.SecretID)
	wanted.EncryptedSecretID = types.StringValue("")
	resp.Diagnostics.Append(resp.State.Set(ctx, wanted)...)
}
