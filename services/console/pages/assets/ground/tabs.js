// On a phone the tabs are wider than the screen: the present ones are brought into sight.
for (const one of document.querySelectorAll(".bar nav [aria-current], .tabs [aria-current]")) one.scrollIntoView({ block: "nearest", inline: "center" });
