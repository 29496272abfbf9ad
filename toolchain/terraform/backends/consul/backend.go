// Package consul stands where Terraform's "consul" state backend would be.
package consul

import "github.com/hashicorp/terraform/internal/backend"

// New is called when a configuration names the backend.
func New() backend.Backend {
	panic("this Terraform was built by Gatehouse, without the consul backend: install HashiCorp's")
}
