using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cea.Sandbox.Accounts;
using Cea.Sandbox.Control;
using Cea.Sandbox.Faults;
using Cea.Sandbox.Lines;
using Cea.Sandbox.Messages;
using Cea.Sandbox.Phones;
using Cea.Sandbox.Telegram;
using Cea.Sandbox.Twilio;
using Cea.Sandbox.TwilioVoice;
using Cea.Sandbox.Webhooks;

namespace Cea.Sandbox;

/// <summary>The whole sandbox: providers' HTTP, a control API and a page of phones, on loopback only.</summary>
public static class SandboxServer
{
    private const string UsualUrl = "http://127.0.0.1:5055";
    private const long LargestRequest = 32 * 1024 * 1024;

    public static async Task<int> RunAsync(string[] args)
    {
        WebApplication app;
        try
        {
            app = Build(args);
        }
        catch (ControlException wrong)
        {
            await Console.Error.WriteLineAsync($"cea-sandbox: {wrong.Message}");
            return 2;
        }
        await using (app)
        {
            try
            {
                await app.StartAsync();
            }
            catch (IOException trouble) when (trouble.InnerException is not null)
            {
                await Console.Error.WriteLineAsync($"cea-sandbox: {trouble.Message}");
                return 1;
            }
            await Console.Out.WriteLineAsync($"cea-sandbox ready: {app.Services.GetRequiredService<OwnAddress>().Base}/sandbox");
            await app.WaitForShutdownAsync();
            return 0;
        }
    }

    /// <summary>Not yet started. Settings as of any ASP.NET Core program; <c>--urls</c> says where it listens.</summary>
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        if (string.IsNullOrEmpty(builder.Configuration["urls"]))
            builder.WebHost.UseUrls(UsualUrl);
        else if (builder.Configuration["urls"]!.Split(';').FirstOrDefault(u => !IsLoopback(u)) is { } elsewhere)
            throw new ControlException($"it listens on loopback only, not on {elsewhere}");
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestRequest;
        });

        // No request is logged: bot tokens stand in paths, and what people wrote in bodies.
        builder.Logging.ClearProviders().AddSimpleConsole(o => o.SingleLine = true).SetMinimumLevel(LogLevel.Warning)
            .AddFilter("Microsoft", LogLevel.None).AddFilter("System", LogLevel.None);
        Register(builder.Services);

        var app = builder.Build();
        _ = app.Services.GetRequiredService<AccountBook>(); // wrong settings end it here
        app.Use(LocalOnly);
        foreach (var api in app.Services.GetServices<IProviderApi>())
            api.Map(app);
        ControlApi.Map(app.MapGroup("/control"));
        ControlApi.Map(app.MapGroup("/sandbox/control"));
        PhonesPage.Map(app);
        ParentWatch.Start(app);
        return app;
    }

    private static void Register(IServiceCollection services)
    {
        // two for each kind of line, one for each provider's HTTP
        foreach (var (kind, label) in new[] { (TwilioNumberAccount.Sms, "SMS"), (TwilioNumberAccount.WhatsApp, "WhatsApp") })
            services.AddSingleton<IAccountKind>(new TwilioNumberAccount(kind, label)).AddSingleton<ILine>(p => ActivatorUtilities.CreateInstance<TwilioMessageLine>(p, kind));
        services.AddSingleton<IAccountKind, TwilioVoiceAccount>().AddSingleton<ILine, TwilioVoiceLine>().AddSingleton<CallPlayer>().AddSingleton<CallResources>();
        services.AddSingleton<IAccountKind, TelegramAccount>().AddSingleton<ILine, TelegramLine>();
        services.AddSingleton<SendRates>().AddSingleton<IProviderApi, TwilioApi>().AddSingleton<IProviderApi, TelegramApi>();

        services.AddSingleton<OptOuts>().AddSingleton<StatusCallbacks>().AddSingleton<TwilioWebhooks>().AddSingleton<TwilioMessages>().AddSingleton<TwilioMedia>().AddSingleton<TwilioNumbers>().AddSingleton<TwilioContents>();
        services.AddSingleton<TelegramBots>().AddSingleton<TelegramDelivery>().AddSingleton<TelegramMessages>().AddSingleton<TelegramWebhook>();
        services.AddSingleton<AccountBook>().AddSingleton<PhoneLines>().AddSingleton<MessageBook>().AddSingleton<MediaStore>().AddSingleton<FaultBoard>().AddSingleton<ApiFaults>();
        services.AddSingleton<WebhookCaller>().AddSingleton<Background>().AddSingleton<OwnAddress>().AddSingleton(TimeProvider.System);
        // No connection is used twice: a webhook that is down must show as refused, not as a kept connection that broke.
        services.AddHttpClient(WebhookCaller.Client).RemoveAllLoggers()
            .ConfigureHttpClient(c => c.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5), PooledConnectionLifetime = TimeSpan.Zero, UseProxy = false, UseCookies = false, AllowAutoRedirect = false });
        services.ConfigureHttpJsonOptions(o =>
        {
            o.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            o.SerializerOptions.PropertyNameCaseInsensitive = true;
            o.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
    }

    // A page of another site must not steer the sandbox: neither under another name of this machine, nor by posting across.
    private static Task LocalOnly(HttpContext http, RequestDelegate next)
    {
        var host = http.Request.Host.Host;
        var origin = http.Request.Headers.Origin.ToString();
        var local = host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
        if (local && (origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.IsLoopback)))
            return next(http);
        http.Response.StatusCode = 403;
        return Task.CompletedTask;
    }

    private static bool IsLoopback(string url)
    {
        var host = BindingAddress.Parse(url).Host;
        return host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }
}
