using System.Reflection;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Octavo.Server.Http;

namespace Octavo.Server.Description;

/// <summary>Tells the description which body a handler takes: it reads it by itself (<see cref="Body{T}"/>), which the framework does not see.</summary>
sealed class BodyDescriptions : IApiDescriptionProvider
{
    /// <summary>Behind the framework's own.</summary>
    public int Order => 0;

    /// <inheritdoc/>
    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
        foreach (var route in context.Results)
        {
            if (BodyOf(route.ActionDescriptor.EndpointMetadata) is not { } type) continue;
            route.ParameterDescriptions.Add(new ApiParameterDescription { Name = "body", Source = BindingSource.Body, Type = type, IsRequired = true });
            route.SupportedRequestFormats.Add(new ApiRequestFormat { MediaType = "application/json" });
        }
    }

    /// <inheritdoc/>
    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
    }

    static Type? BodyOf(IList<object> metadata) =>
        metadata.OfType<TakesImage>().SingleOrDefault()?.Json
        ?? metadata.OfType<MethodInfo>().SingleOrDefault()?.GetParameters().Select(parameter => parameter.ParameterType)
            .SingleOrDefault(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Body<>))?.GetGenericArguments()[0];
}
