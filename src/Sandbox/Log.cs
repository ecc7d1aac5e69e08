namespace Cea.Sandbox;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "Work in the background failed: {Trouble}")]
    public static partial void BackgroundFailed(ILogger logger, string trouble);
}
