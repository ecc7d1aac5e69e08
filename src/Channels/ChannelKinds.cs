using System.Collections.Frozen;
using Cea.Channels.Api;
using Cea.Channels.Http;
using Cea.Channels.Telegram;
using Cea.Channels.TwilioSms;
using Cea.Channels.TwilioVoice;
using Cea.Channels.TwilioWhatsApp;
using Cea.Feedback.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Channels;

/// <summary>The kinds of line that this service speaks. A new one: its folder, and its line here.</summary>
public static class ChannelRegistration
{
    public static IServiceCollection AddChannels(this IServiceCollection services)
    {
        services.AddSingleton<IChannel, TwilioSmsChannel>();
        services.AddSingleton<IChannel, TwilioVoiceChannel>();
        services.AddSingleton<IChannel, TwilioWhatsAppChannel>();
        services.AddSingleton<IChannel, TelegramChannel>();
        services.AddSingleton<IChannel, ApiChannel>();

        services.AddSingleton<ChannelKinds>();
        services.AddHttpClient(ChannelKinds.HttpClient, client => client.Timeout = ChannelKinds.SendLimit)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = TimeSpan.FromSeconds(5) })
            .AddHttpMessageHandler(() => new NoConnectionInTime())
            .RemoveAllLoggers(); // its own lines would carry addresses and tokens
        foreach (var (name, loopback) in new[] { (MediaClient.Public, false), (MediaClient.Loopback, true) })
        {
            services.AddHttpClient(name, client => client.Timeout = MediaClient.Limit).ConfigurePrimaryHttpMessageHandler(() => MediaClient.Handler(loopback)).RemoveAllLoggers();
        }
        return services;
    }
}
