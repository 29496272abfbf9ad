// Command local is a stand-in for hashicorp/local, with only local_file.
package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"gatehouse/providers/internal/serve"
)

func main() {
	serve.Run("local", func() provider.Provider { return localProvider{} })
}

type localProvider struct{}

func (localProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "local"
}

func (localProvider) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (localProvider) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}

func (localProvider) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (localProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return fileResource{} }}
}
