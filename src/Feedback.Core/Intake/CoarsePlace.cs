using System.Globalization;

namespace Cea.Feedback.Intake;

/// <summary>Where somebody says that he is, kept to two decimals of a degree (about a kilometre): enough for a service point, too little for a shelter's door.</summary>
public static class CoarsePlace
{
    /// <summary>"📍 14.08, -87.21", or null when these are no coordinates.</summary>
    public static string? Told(double latitude, double longitude) =>
        latitude is >= -90 and <= 90 && longitude is >= -180 and <= 180 ? string.Create(CultureInfo.InvariantCulture, $"📍 {Coarse(latitude):0.00}, {Coarse(longitude):0.00}") : null;

    /// <summary>The same of what a form says, which may be anything.</summary>
    public static string? Told(string? latitude, string? longitude) =>
        double.TryParse(latitude, NumberStyles.Float, CultureInfo.InvariantCulture, out var north) && double.TryParse(longitude, NumberStyles.Float, CultureInfo.InvariantCulture, out var east) ? Told(north, east) : null;

    private static double Coarse(double degrees) => Math.Round(degrees, 2) + 0.0; // no minus before a zero
}
