// Stand-in for hashicorp/consul: the consul_config_entry, and nothing else of it, against the real Consul.
package main

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"

	"gatehouse/providers/internal/serve"
)

func main() {
	serve.Run("consul", func() provider.Provider { return consulProvider{} })
}
