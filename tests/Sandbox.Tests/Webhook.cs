using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Cea.Sandbox.Tests;

/// <summary>One call that a webhook got.</summary>
public sealed record Call(string Url, string Path, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public IReadOnlyDictionary<string, string> Form => QueryHelpers.ParseQuery(Body).ToDictionary(f => f.Key, f => f.Value.ToString());
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
}

/// <summary>The service that the providers call: keeps what came and answers as the test says.</summary>
public sealed class Webhook : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Call> _calls = new();

    public Func<Call, Task<IResult>> Answer { get; set; } = _ => Task.FromResult(Results.Ok());
    public IReadOnlyList<Call> Calls => [.. _calls];
    public string Url { get; private set; } = "";

    public Webhook()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            var call = new Call($"{Url}{http.Request.Path}{http.Request.QueryString}", http.Request.Path, http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), await reader.ReadToEndAsync());
            _calls.Enqueue(call);
            await (await Answer(call)).ExecuteAsync(http);
        });
    }

    public async Task StartAsync()
    {
        await _app.StartAsync();
        Url = _app.Urls.First();
    }

    public IReadOnlyList<Call> On(string path) => [.. Calls.Where(c => c.Path == path)];

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
