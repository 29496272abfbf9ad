package main

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"gatehouse/providers/internal/serve"
)

func (*tokenResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	accessor := serve.ID("Accessor id, made by Consul when it is not given.")
	accessor.Optional = true
	accessor.PlanModifiers = append(accessor.PlanModifiers, stringplanmodifier.RequiresReplaceIfConfigured())
	resp.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"id":          serve.ID("The accessor id."),
			"accessor_id": accessor,
			"description": text("What the token is for."),
			"policies":    textSet("Names of policies."),
			"roles":       textSet("Names of roles."),
			"local": schema.BoolAttribute{
				Description: "Known in this datacenter alone.", Optional: true, Computed: true,
				Default: booldefault.StaticBool(false), PlanModifiers: []planmodifier.Bool{boolplanmodifier.RequiresReplace()},
			},
			"expiration_time": replacing("When the token ends (RFC 3339)."),
			"namespace":       replacing("Namespace (Consul Enterprise)."),
			"partition":       replacing("Admin partition (Consul Enterprise)."),
		},
		Blocks: map[string]schema.Block{
			"service_identities": block("What a service and its sidecar need.", nil, map[string]schema.Attribute{
				"service_name": required("Name of the service."),
				"datacenters":  textList("Where it holds; everywhere when empty."),
			}),
			"node_identities": block("What an agent needs.", nil, map[string]schema.Attribute{
				"node_name":  required("Name of the node."),
				"datacenter": required("Its datacenter."),
			}),
			"templated_policies": block("A policy from one of Consul's templates.", map[string]schema.Block{
				"template_variables": block("What the template asks for; at most one block.", nil, map[string]schema.Attribute{
					"name": text("Name of the node, service or workload identity."),
				}),
			}, map[string]schema.Attribute{
				"template_name": required("Name of the template, such as builtin/service."),
				"datacenters":   textList("Where it holds; everywhere when empty."),
			}),
		},
	}
}

func block(
	description string, blocks map[string]schema.Block, attributes map[string]schema.Attribute,
) schema.ListNestedBlock {
	return schema.ListNestedBlock{
		Description:  description,
		NestedObject: schema.NestedBlockObject{Attributes: attributes, Blocks: blocks},
	}
}

// ValidateConfig refuses an end that is not a time, as the real provider does.
func (*tokenResource) ValidateConfig(
	ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse,
) {
	at := path.Root("expiration_time")
	var end types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, at, &end)...)
	if end.ValueString() == "" {
		return
	}
	if _, err := time.Parse(time.RFC3339, end.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(at, "Bad expiration_time", err.Error()+". Write it as 2030-01-31T12:00:00Z.")
	}
}
