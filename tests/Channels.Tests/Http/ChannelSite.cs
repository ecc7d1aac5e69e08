using Cea.Channels.Http;
using Cea.Channels.Status;
using Cea.Feedback.Intake;
using Cea.Feedback.Storage;
using Cea.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cea.Channels.Tests.Http;

/// <summary>Everything that providers and people call, on a loopback port.</summary>
public sealed class ChannelSite : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ChannelSite(WebApplication app) => (_app, Http) = (app, Clients.New(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First())));

    public HttpClient Http { get; }

    /// <summary>Which lines it knows.</summary>
    public IntakeBoard Board => _app.Services.GetRequiredService<IntakeBoard>();

    public static async Task<ChannelSite> StartAsync(Databases databases)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development", ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton(TestDatabase.Keys).AddSingleton(databases).AddSingleton<WakeUp>().AddSingleton<Inbox>().AddSingleton<IntakeBoard>().AddSingleton<ReceiptDesk>().AddChannels();
        var app = builder.Build();
        app.MapChannels();
        app.MapStatus();
        await app.StartAsync();
        return new ChannelSite(app);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
