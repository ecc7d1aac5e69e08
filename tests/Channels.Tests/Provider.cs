using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cea.Channels.Tests;

/// <summary>What a provider does with a call.</summary>
public sealed record Provider(Func<HttpContext, Task>? Does)
{
    /// <summary>Nothing listens at its address.</summary>
    public static readonly Provider Away = new((Func<HttpContext, Task>?)null);

    /// <summary>Takes connections and never says a word on them: over TLS no connection ever stands.</summary>
    public static readonly Provider Mute = new((Func<HttpContext, Task>?)null);

    /// <summary>Takes the whole call and closes the connection without a word.</summary>
    public static readonly Provider HangsUp = new(context =>
    {
        context.Abort();
        return Task.CompletedTask;
    });

    /// <summary>Says nothing for longer than anybody waits.</summary>
    public static readonly Provider Sleeps = new(context => Task.Delay(TimeSpan.FromSeconds(30), context.RequestAborted));

    /// <summary>Begins an answer of this status and dies in it.</summary>
    public static Provider Breaks(int status) => new(async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentLength = 1000;
        await context.Response.WriteAsync("{\"sid\":\"SM", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        context.Abort();
    });

    public static Provider Answers(int status, string body, params (string Name, string Value)[] headers) => new(async context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        if (body.Length > 0)
            await context.Response.WriteAsync(body);
    });
}

/// <summary>One call that a provider got.</summary>
public sealed record Seen(string Method, string Target, string? Authorization, string Body)
{
    public override string ToString() => $"{Method} {Target} {Authorization} {Body}";
}

/// <summary>A provider on loopback: a real server, so that a hang-up is a hang-up.</summary>
public sealed class ProviderServer : IAsyncDisposable
{
    private readonly WebApplication? _app;
    private readonly ConcurrentQueue<Seen> _calls = new();
    private TcpListener? _mute;

    private ProviderServer(WebApplication? app) => _app = app;

    public string Url { get; private set; } = "";
    public IReadOnlyList<Seen> Calls => [.. _calls];

    public static async Task<ProviderServer> StartAsync(Provider provider)
    {
        if (ReferenceEquals(provider, Provider.Mute))
        {
            var mute = new TcpListener(IPAddress.Loopback, 0);
            mute.Start();
            return new ProviderServer(null) { _mute = mute, Url = $"https://127.0.0.1:{((IPEndPoint)mute.LocalEndpoint).Port}" };
        }
        if (provider.Does is not { } does)
            return new ProviderServer(null) { Url = ClosedPort() };

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new ProviderServer(app);
        app.Run(async context =>
        {
            context.Request.EnableBuffering(); // a provider may read it again
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync();
            context.Request.Body.Position = 0;
            server._calls.Enqueue(new Seen(context.Request.Method, context.Request.Path + context.Request.QueryString.Value, context.Request.Headers.Authorization, body));
            await does(context);
        });
        await app.StartAsync();
        server.Url = app.Urls.First();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _mute?.Dispose();
        if (_app is not null)
            await _app.DisposeAsync();
    }

    private static string ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }
}
