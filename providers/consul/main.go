// Command consul is a stand-in for hashicorp/consul: config entries and ACL tokens and policies, against a real Consul.
package main

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"

	"gatehouse/providers/internal/serve"
)

func main() {
	serve.Run("consul", func() provider.Provider { return consulProvider{} })
}
