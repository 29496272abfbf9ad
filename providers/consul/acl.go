package main

import (
	"errors"
	"net/http"
	"strings"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// isGone distinguishes "there is no such policy or token" from "the token of the request is unknown": Consul says ACL not found for both.
func isGone(err error) bool {
	var status api.StatusError
	return errors.As(err, &status) &&
		(status.Code == http.StatusNotFound || strings.Contains(status.Body, "does not exist: ACL not found"))
}

// text is an argument that is empty in the state when it is not given, as the real provider keeps it.
func text(description string, modifiers ...planmodifier.String) schema.StringAttribute {
	return schema.StringAttribute{
		Description: description, Optional: true, Computed: true,
		Default: stringdefault.StaticString(""), PlanModifiers: modifiers,
	}
}

// replacing is a text whose change replaces the resource.
func replacing(description string) schema.StringAttribute {
	return text(description, stringplanmodifier.RequiresReplace())
}

func required(description string) schema.StringAttribute {
	return schema.StringAttribute{Description: description, Required: true}
}

func textSet(description string) schema.SetAttribute {
	return schema.SetAttribute{
		Description: description, ElementType: types.StringType, Optional: true, Computed: true,
		Default: setdefault.StaticValue(setOf(nil)),
	}
}

func textList(description string) schema.ListAttribute {
	return schema.ListAttribute{
		Description: description, ElementType: types.StringType, Optional: true, Computed: true,
		Default: listdefault.StaticValue(listOf(nil)),
	}
}

func setOf(texts []string) types.Set { return types.SetValueMust(types.StringType, values(texts)) }

func listOf(texts []string) types.List { return types.ListValueMust(types.StringType, values(texts)) }

func values(texts []string) []attr.Value {
	made := make([]attr.Value, len(texts))
	for i, text := range texts {
		made[i] = types.StringValue(text)
	}
	return made
}

// texts are the strings of a set or a list.
func texts(elements []attr.Value) []string {
	var found []string
	for _, element := range elements {
		found = append(found, element.(types.String).ValueString())
	}
	return found
}

// outOf leaves out the default name of Consul Enterprise.
func outOf(name string) types.String {
	if name == "default" {
		return types.StringValue("")
	}
	return types.StringValue(name)
}
