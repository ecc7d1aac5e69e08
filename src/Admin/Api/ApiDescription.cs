using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cea.Admin.Api;

/// <summary>What other systems can ask for, at /openapi/v1.json. Written by hand beside the code; tests hold that it names each address and each field.</summary>
public static class ApiDescription
{
    private static readonly byte[] Document = Read();

    public static void MapApiDescription(this IEndpointRouteBuilder routes) => routes.MapGet("/openapi/v1.json", () => Results.Bytes(Document, "application/json"));

    private static byte[] Read()
    {
        using var stream = typeof(ApiDescription).Assembly.GetManifestResourceStream("Cea.openapi.json")!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
