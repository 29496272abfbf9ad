// Package pg stands where Terraform's "pg" state backend would be.
package pg

import "github.com/hashicorp/terraform/internal/backend"

// New is called when a configuration names the backend.
func New() backend.Backend {
	panic("this Terraform was built by Gatehouse, without the pg backend: install HashiCorp's")
}
