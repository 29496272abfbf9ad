// Package oss stands where Terraform's "oss" state backend would be.
package oss

import "github.com/hashicorp/terraform/internal/backend"

// New is called when a configuration names the backend.
func New() backend.Backend {
	panic("this Terraform was built by Gatehouse, without the oss backend: install HashiCorp's")
}
