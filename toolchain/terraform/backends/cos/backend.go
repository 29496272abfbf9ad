// Package cos stands where Terraform's "cos" state backend would be.
package cos

import "github.com/hashicorp/terraform/internal/backend"

// New is called when a configuration names the backend.
func New() backend.Backend {
	panic("this Terraform was built by Gatehouse, without the cos backend: install HashiCorp's")
}
