package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

type consulProvider struct{}

// providerModel has every argument of the real provider.
type providerModel struct {
	Address       types.String  `tfsdk:"address"`
	Datacenter    types.String  `tfsdk:"datacenter"`
	Scheme        types.String  `tfsdk:"scheme"`
	HTTPAuth      types.String  `tfsdk:"http_auth"`
	Token         types.String  `tfsdk:"token"`
	CAFile        types.String  `tfsdk:"ca_file"`
	CAPEM         types.String  `tfsdk:"ca_pem"`
	CAPath        types.String  `tfsdk:"ca_path"`
	CertFile      types.String  `tfsdk:"cert_file"`
	CertPEM       types.String  `tfsdk:"cert_pem"`
	KeyFile       types.String  `tfsdk:"key_file"`
	KeyPEM        types.String  `tfsdk:"key_pem"`
	InsecureHTTPS types.Bool    `tfsdk:"insecure_https"`
	Namespace     types.String  `tfsdk:"namespace"`
	Headers       []headerModel `tfsdk:"header"`
	AuthJWT       types.List    `tfsdk:"auth_jwt"`
}

type headerModel struct {
	Name  types.String `tfsdk:"name"`
	Value types.String `tfsdk:"value"`
}

func (consulProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "consul"
}

func (consulProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	optional := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, Description: description}
	}
	token := optional("ACL token, else from CONSUL_HTTP_TOKEN.")
	token.Sensitive = true
	resp.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"address":        optional("Host and port of Consul's API, else from CONSUL_HTTP_ADDR."),
			"datacenter":     optional("Datacenter, else the agent's own."),
			"scheme":         optional("http or https."),
			"http_auth":      optional("user or user:password for basic authentication."),
			"token":          token,
			"ca_file":        optional("Path of the certificate authority."),
			"ca_pem":         optional("The certificate authority itself."),
			"ca_path":        optional("Folder of certificate authorities."),
			"cert_file":      optional("Path of the client's certificate."),
			"cert_pem":       optional("The client's certificate itself."),
			"key_file":       optional("Path of the client's key."),
			"key_pem":        optional("The client's key itself."),
			"insecure_https": schema.BoolAttribute{Optional: true, Description: "Do not check the server's certificate."},
			"namespace":      optional("Namespace of Consul Enterprise."),
		},
		Blocks: map[string]schema.Block{"header": headerBlock(), "auth_jwt": authBlock()},
	}
}

func headerBlock() schema.ListNestedBlock {
	return schema.ListNestedBlock{
		Description: "A header to send with every request.",
		NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
			"name":  schema.StringAttribute{Required: true},
			"value": schema.StringAttribute{Required: true, Sensitive: true},
		}},
	}
}

func authBlock() schema.ListNestedBlock {
	return schema.ListNestedBlock{
		Description: "Login by JWT: known, but only the real provider does it.",
		NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
			"auth_method":                           schema.StringAttribute{Required: true},
			"bearer_token":                          schema.StringAttribute{Optional: true},
			"use_terraform_cloud_workload_identity": schema.BoolAttribute{Optional: true},
			"meta":                                  schema.MapAttribute{Optional: true, ElementType: types.StringType},
		}},
	}
}

func (consulProvider) Configure(
	ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse,
) {
	var given providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &given)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if len(given.AuthJWT.Elements()) > 0 {
		resp.Diagnostics.AddError("auth_jwt needs the real provider", "This stand-in knows tokens only. See GATEHOUSE_PROVIDER_MIRROR.")
		return
	}
	client, err := newClient(given)
	if err != nil {
		resp.Diagnostics.AddError("Cannot use this configuration of the consul provider", err.Error())
		return
	}
	resp.ResourceData, resp.DataSourceData = client, client
}

func (consulProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{func() datasource.DataSource { return &tokenSecretSource{} }}
}

func (consulProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		func() resource.Resource { return &configEntryResource{} },
		func() resource.Resource { return &policyResource{} },
		func() resource.Resource { return &tokenResource{} },
	}
}
