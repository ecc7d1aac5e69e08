namespace Cea.Sandbox.Phones;

/// <summary>Phones side by side in a browser, to play the sender with.</summary>
internal static class PhonesPage
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var path in new[] { "/", "/sandbox" })
            routes.MapGet(path, (HttpContext http) => File(http, "phones.html", "text/html"));
        routes.MapGet("/sandbox/calls", (HttpContext http) => File(http, "calls.html", "text/html"));
        routes.MapGet("/favicon.ico", () => Results.NoContent());
        routes.MapGet("/sandbox/phones.css", (HttpContext http) => File(http, "phones.css", "text/css"));
        foreach (var script in new[] { "phones.js", "calls.js", "bubbles.js", "faults.js", "phrases.js" })
            routes.MapGet($"/sandbox/{script}", (HttpContext http) => File(http, script, "text/javascript"));
    }

    private static IResult File(HttpContext http, string name, string type)
    {
        http.Response.Headers.ContentSecurityPolicy = Policy;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        http.Response.Headers.CacheControl = "no-cache";
        return Results.Stream(typeof(PhonesPage).Assembly.GetManifestResourceStream(name)!, $"{type}; charset=utf-8");
    }
}
