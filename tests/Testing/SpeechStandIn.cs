using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cea.Testing;

/// <summary>What the stand-in was asked.</summary>
public sealed record SpeechAsked(string Path, string? Authorization, byte[] File, string FileName, string FileType, IReadOnlyDictionary<string, string> Fields);

/// <summary>A speech server that speaks OpenAI's way, on loopback. It hears what the test says.</summary>
public sealed class SpeechStandIn : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SpeechStandIn(WebApplication app, string url) => (_app, Url) = (app, url);

    public string Url { get; }
    public ConcurrentQueue<SpeechAsked> Asked { get; } = new();

    /// <summary>What it answers with <see cref="Answers"/> unset.</summary>
    public string Text { get; set; } = "";

    public Func<HttpContext, Task>? Answers { get; set; }

    public static async Task<SpeechStandIn> StartAsync()
    {
        var url = $"http://127.0.0.1:{HostProcess.FreePort()}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        var server = new SpeechStandIn(builder.Build(), url);
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync() : FormCollection.Empty;
        using var file = new MemoryStream();
        if (form.Files.GetFile("file") is { } sent)
            await sent.CopyToAsync(file);
        Asked.Enqueue(new(context.Request.Path, context.Request.Headers.Authorization, file.ToArray(), form.Files.GetFile("file")?.FileName ?? "", form.Files.GetFile("file")?.ContentType ?? "", form.ToDictionary(f => f.Key, f => f.Value.ToString())));
        if (Answers is { } answers)
            await answers(context);
        else
            await context.Response.WriteAsJsonAsync(new { text = Text });
    }
}
