// Package serve starts one provider under the address that the real one has.
package serve

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
)

// Run answers Terraform until it closes the connection. Name is the last part of the provider's address.
func Run(name string, create func() provider.Provider) {
	address := "registry.terraform.io/hashicorp/" + name
	if err := providerserver.Serve(context.Background(), create, providerserver.ServeOpts{Address: address}); err != nil {
		log.Fatal(err)
	}
}

// ID is an id that Terraform learns on creation and keeps from then on.
func ID(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Description:   description,
		Computed:      true,
		PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
}

// Replaces is an argument whose change replaces the resource.
func Replaces(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Description:   description,
		Optional:      true,
		PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
	}
}
