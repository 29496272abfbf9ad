// Package azure stands where Terraform's "azure" state backend would be.
package azure

import "github.com/hashicorp/terraform/internal/backend"

// New is called when a configuration names the backend.
func New() backend.Backend {
	panic("this Terraform was built by Gatehouse, without the azure backend: install HashiCorp's")
}
