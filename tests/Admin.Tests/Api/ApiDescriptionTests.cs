using System.Net;
using System.Text.Json;
using Cea.Testing;
using Microsoft.AspNetCore.Routing;

namespace Cea.Admin.Tests.Api;

/// <summary>The description that other systems are built from says what the service does.</summary>
public sealed class ApiDescriptionTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly Site _site = new(database);
    private JsonElement _described;

    public async Task InitializeAsync()
    {
        await _site.StartAsync();
        using var http = Clients.New(_site.Address);
        using var document = JsonDocument.Parse(await http.GetStringAsync("/openapi/v1.json"));
        _described = document.RootElement.Clone();
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public void It_names_every_address_of_the_API_and_no_other()
    {
        string[] verbs = ["get", "post", "put", "patch", "delete"];
        var described = _described.GetProperty("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Where(o => verbs.Contains(o.Name)).Select(o => $"{o.Name} {p.Name}"));
        var served = _site.Routes.Select(r => (Path: r.RoutePattern.RawText!.Replace(":guid", "", StringComparison.Ordinal), Route: r)).Where(r => r.Path.StartsWith("/api/", StringComparison.Ordinal))
            .SelectMany(r => r.Route.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Select(m => $"{m.ToLowerInvariant()} {r.Path.TrimEnd('/')}"));
        described.ShouldBe(served, ignoreOrder: true);
    }

    [Fact]
    public async Task Each_address_that_is_read_asks_for_a_key_as_it_says()
    {
        using var http = Clients.New(_site.Address);
        foreach (var path in _described.GetProperty("paths").EnumerateObject().Where(p => p.Value.TryGetProperty("get", out _)))
        {
            using var answer = await http.GetAsync(path.Name.Replace("{id}", Guid.Empty.ToString(), StringComparison.Ordinal));
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            path.Value.GetProperty("get").GetProperty("responses").TryGetProperty("401", out _).ShouldBeTrue();
        }
    }

    [Fact]
    public void Whatever_it_refers_to_is_in_it()
    {
        var schemas = _described.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(s => $"#/components/schemas/{s.Name}").ToList();
        var referred = References(_described).Distinct().ToList();
        referred.ShouldBe(schemas, ignoreOrder: true);

        static IEnumerable<string> References(JsonElement at) => at.ValueKind switch
        {
            JsonValueKind.Object => at.EnumerateObject().SelectMany(p => p.NameEquals("$ref") ? [p.Value.GetString()!] : References(p.Value)),
            JsonValueKind.Array => at.EnumerateArray().SelectMany(References),
            _ => [],
        };
    }
}
